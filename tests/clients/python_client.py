"""Lists, calls, reports progress, reads and prompts through the official Python SDK, on stdio and on HTTP.

usage: python_client.py BINARY WORKSPACE URL TOKEN_FILE
"""

import asyncio
import importlib.metadata
import sys


from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

VERSION = importlib.metadata.version("mcp")


async def exercise(session):
    await session.initialize()
    names = [tool.name for tool in (await session.list_tools()).tools]
    assert "query_duckdb" in names and names == sorted(names), names
    sql = "select count(*) as n from read_csv('transactions.csv')"
    result = await session.call_tool("query_duckdb", {"sql": sql})
    structured = getattr(result, "structured_content", None) or getattr(result, "structuredContent", None)
    assert structured["data"]["rows"] == [[42481]], structured
    refused = await session.call_tool("query_duckdb", {"sql": "drop table x"})
    assert getattr(refused, "is_error", None) or getattr(refused, "isError", None), refused
    prompts = [prompt.name for prompt in (await session.list_prompts()).prompts]
    assert "explore-csv" in prompts, prompts
    catalog = await session.read_resource("data://catalog")
    assert catalog.contents, catalog


async def over_stdio(binary, workspace):
    parameters = StdioServerParameters(command=binary, args=["mcp", "--workspace", workspace])
    async with stdio_client(parameters) as (read, write), ClientSession(read, write) as session:
        await exercise(session)


async def over_http(url, token):
    headers = {"Authorization": f"Bearer {token}"}
    if VERSION.startswith("1."):
        from mcp.client.streamable_http import streamablehttp_client

        connection = streamablehttp_client(url, headers=headers)
    else:
        import httpx2
        from mcp.client.streamable_http import streamable_http_client

        connection = streamable_http_client(url, http_client=httpx2.AsyncClient(headers=headers))
    async with connection as (read, write, *_), ClientSession(read, write) as session:
        await exercise(session)


async def main(binary, workspace, url, token_file):
    await over_stdio(binary, workspace)
    await over_http(url, open(token_file).read().strip())
    print(f"python mcp {VERSION}: stdio and HTTP passed")



asyncio.run(main(*sys.argv[1:5]))
