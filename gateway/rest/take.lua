-- Takes one from two buckets each, of everything and of the route, for a list of requests (GCRA).
-- A bucket's value is the moment at which it will be empty, in microseconds; no value: it is.
-- KEYS: for each request the bucket of everything and that of the route
-- ARGV: for each request the step and the period of the first and of the second, in microseconds
-- Reply, for each request: who refuses (0 nobody, 1 everything, 2 the route), then microseconds:
-- how long to wait, or how long the route's bucket needs to be empty. A refusal takes nothing.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local said = {}

local function used(key, step)
  return math.max((redis.call('GET', key) or 0) - now, 0) + step
end

local function keep(key, use)
  redis.call('SET', key, string.format('%.0f', now + use), 'PX', math.ceil(use / 1000))
end

for i = 1, #KEYS / 2 do
  local all, route, at = KEYS[2 * i - 1], KEYS[2 * i], 4 * i - 3
  local of_all, of_route = used(all, ARGV[at]), used(route, ARGV[at + 2])
  local over_all, over_route = of_all - ARGV[at + 1], of_route - ARGV[at + 3]
  if over_all > 0 then
    said[2 * i - 1], said[2 * i] = 1, over_all
  elseif over_route > 0 then
    said[2 * i - 1], said[2 * i] = 2, over_route
  else
    keep(all, of_all)
    keep(route, of_route)
    said[2 * i - 1], said[2 * i] = 0, of_route
  end
end
return said
