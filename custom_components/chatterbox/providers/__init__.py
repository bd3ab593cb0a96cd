"""Who the agent asks: clients for model servers, without Home Assistant."""
