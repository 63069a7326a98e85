"""Who answers for an incident, and what a statement about it says (`docs/answerability.md`).

Pure: a model of causes comes in, prevention sets, degrees and shares with their ranges go out. No verdict on a company.
"""
