"""The everyday model beside a linear model of the same texts, in every domain of the corpus."""
