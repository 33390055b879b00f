-- One publish, atomic: numbers, stamps, log, fan-out of one topic's records, in order.
-- The constants above are put there by script.py.
-- KEYS: head (hash: n last number, s last stamp, f floor, m0..m9 marks), log (stream), stamp (string;
--       of all topics on one server, of this topic on a cluster: all three lie in one slot then)
-- ARGV: pub/sub channel; '' or, for repeats, the stamp after which they may lie in the log;
--       then event id and record, any number of times
-- Returns number and stamp of the last one.
-- Stamps are doubles here, exact below 2^53; they are always written with %.0f.
local head, log = KEYS[1], KEYS[2]

local many, missing = (#ARGV - 2) / 2, nil
if ARGV[2] ~= '' then
  -- One look for all repeats: it costs more than everything else here.
  many, missing = 0, {}
  for each = 3, #ARGV, 2 do
    if not missing[ARGV[each]] then
      many, missing[ARGV[each]] = many + 1, true
    end
  end
  local from, upto, newest = '(' .. ARGV[2] .. '-0', '+', nil
  for _ = 1, SCAN_PAGES do
    local page = redis.call('XREVRANGE', log, upto, from, 'COUNT', SCAN_PAGE)
    for _, entry in ipairs(page) do
      local id = entry[2][4]
      if missing[id] then
        many, missing[id] = many - 1, nil
        newest = newest or entry
      end
    end
    if many == 0 then
      return {tonumber(newest[2][2]), tonumber(string.match(newest[1], '^%d+'))}
    end
    if #page < SCAN_PAGE then break end
    upto = '(' .. page[#page][1]
  end
end

local time = redis.call('TIME')
local now = (time[1] - EPOCH_S) * 1000000 + time[2]
local first = math.max(now, (redis.call('GET', KEYS[3]) or 0) + 1)
local last = first + many - 1
redis.call('SET', KEYS[3], string.format('%.0f', last))
local n = redis.call('HINCRBY', head, 'n', many) - many

local function append(...)
  return redis.pcall('XADD', log, ...)
end
local function publish(id, record, stamp)
  local text = string.format('%.0f', stamp)
  n = n + 1
  if type(append('NOMKSTREAM', text .. '-0', 'n', n, 'i', id, 'r', record)) ~= 'string' then
    -- The log is gone by age, or damaged: what came before can not be replayed any more.
    redis.call('HSET', head, 'f', redis.call('HGET', head, 's') or '0')
    redis.call('DEL', log)
    redis.call('XADD', log, text .. '-0', 'n', n, 'i', id, 'r', record)
  end
  if n % MARK_EVERY == 0 then
    -- Ten marks, one every 256 entries: the slot after the newest holds the mark of 2,304 entries ago.
    local slot = (n / MARK_EVERY) % MARKS
    redis.call('HSET', head, 'm' .. slot, text)
    local mark = tonumber(redis.call('HGET', head, 'm' .. (slot + 1) % MARKS) or 0)
    local keep = math.min(mark, now - KEEP_US)
    if keep > 0 and redis.call('XTRIM', log, 'MINID', '~', string.format('%.0f-0', keep)) > 0 then
      redis.call('HSET', head, 'f', string.format('%.0f', keep - 1))
    end
  end
  redis.call(PUBLISH, ARGV[1], n .. ' ' .. text .. ' ' .. record)
end
local stamp = first
for each = 3, #ARGV, 2 do
  local id = ARGV[each]
  if not missing or missing[id] then
    publish(id, ARGV[each + 1], stamp)
    stamp = stamp + 1
    if missing then missing[id] = nil end
  end
end
redis.call('HSET', head, 's', string.format('%.0f', last))
redis.call('PEXPIRE', log, IDLE_MS)
return {n, last}
