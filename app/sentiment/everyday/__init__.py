"""The everyday model: five grades, learnt from reviews of many domains. Needs the extra `train`.

corpus      reviews with stars or labels, and those of the archive with the ratings in its file names
linear      a linear model of the grades, which teaches, and which the network has to beat
turned      reviews whose words of opinion are turned, and their grade with them
typed       short texts as people type them in a hurry
lessons     everything that a network learns from, with a probability for each grade
averaging   one network out of several: the mean of their weights
recipe      the stages, each saved
further     a model learns short texts that have been written since
"""
