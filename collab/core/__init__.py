"""The pure middle: decides and folds; knows no Django, database, network, clock or dice."""
