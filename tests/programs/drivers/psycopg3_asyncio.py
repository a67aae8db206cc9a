import asyncio
import sys

import psycopg


async def main():
    for line in sys.stdin:
        async with await psycopg.AsyncConnection.connect("service=orders") as connection:
            print((await (await connection.execute("select current_user")).fetchone())[0], flush=True)


asyncio.run(main())
