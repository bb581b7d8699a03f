"""Jobs: compare architectures, evaluate saved runs, measure label efficiency, adapt a run, make the shipped models.

plan               a comparison before anything is trained, with all that refuses it
places             what lies where its results would go
briefing           what a person reads before and after a training
forecast           how long a whole training will take
comparison         a plan, carried out
large              training on shards, or on several workers
evaluation         saved runs, evaluated again
label_efficiency   what labels buy
adaptation         a saved run for one's own texts and classes
shipped_models     the flagship and the compact model, in stages
"""
