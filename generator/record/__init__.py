"""What a cycle stores: facts, markings and the history of events. No sentence is made here."""
