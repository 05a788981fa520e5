"""The road from pull to push, one way, each step restartable. What web and the command line call."""
