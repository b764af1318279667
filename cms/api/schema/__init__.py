"""The API as OpenAPI 3.1: from the fields, blocks and parameters that the endpoints themselves use."""
