"""The rooms people come to: pages, API, webhooks. One blueprint per noun."""
