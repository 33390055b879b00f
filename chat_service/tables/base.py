"""What every table of this schema is made with."""

from sqlalchemy import BigInteger, Column, MetaData

metadata = MetaData()


def key(name: str) -> Column[int]:
    """A part of a primary key that is made elsewhere."""
    return Column(name, BigInteger, primary_key=True, autoincrement=False)
