"""What messages are found by."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


# One width, one case, nothing invisible, blanks that are blanks.
_FOLDED = r"""
CREATE FUNCTION folded(said text) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
  SELECT btrim(regexp_replace(lower(normalize(translate(said,
    U&'\00AD\034F\061C\115F\1160\17B4\17B5\180B\180C\180D\180E\200B\200C\200D\200E\200F\202A'
    '\202B\202C\202D\202E\2060\2061\2062\2063\2064\2066\2067\2068\2069\3164\FE0E\FE0F\FEFF'
    '\FFA0', ''), NFKC)), '\s+', ' ', 'g'))
$$
"""
# Overlapping pairs of signs. One that begins with a blank is how a word begins; none ends with one.
# Signs that can be a word (Korean, Chinese, pictures) stand for themselves too.
_GRAMS = r"""
CREATE FUNCTION grams(folded text, scope bigint, with_single boolean DEFAULT true)
RETURNS int[] IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
  SELECT coalesce(array_agg(DISTINCT (hashtextextended(piece, scope) >> 32)::int), '{}')
  FROM (SELECT string_to_array(folded, NULL) AS signs) cut, LATERAL (
    SELECT a || b FROM unnest(signs, signs[2:]) AS p(a, b) WHERE b <> ' '
    UNION ALL
    SELECT a FROM unnest(signs) AS p(a) WHERE with_single AND a COLLATE "C" >= U&'\1100'
  ) AS g(piece)
$$
"""


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def upgrade() -> None:
    op.execute(_FOLDED)
    op.execute(_GRAMS)
    op.create_table(
        "indexed", _key("channel_id"), sa.Column("up_to", sa.BigInteger, nullable=False)
    )
    op.create_table(
        "findable",
        _key("channel_id"),
        _key("id"),
        sa.Column("scope_id", sa.BigInteger, nullable=False),
        sa.Column("place_id", sa.BigInteger, nullable=False),
        sa.Column("folded", sa.Text, nullable=False),
        sa.Column("grams", sa.ARRAY(sa.Integer), nullable=False),
        sa.Column("marks", sa.ARRAY(sa.BigInteger), nullable=False),
    )
    op.create_index(
        "findable_by",
        "findable",
        ["grams", "marks"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": "1024"},
    )
    op.create_index("findable_newest", "findable", ["scope_id", "id"])


def downgrade() -> None:
    op.drop_table("findable")
    op.drop_table("indexed")
    op.execute("DROP FUNCTION grams, folded")
