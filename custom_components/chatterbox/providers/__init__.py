"""Who the agent asks: clients for model servers.

Nothing here knows of Home Assistant but the aiohttp session that it is handed.
"""
