"""The API's edge in the event loop: who may ask, how often and how, before an answer is looked up or made."""
