"""The rooms of this process: who is connected here by which door, what they publish, and the media
worker that forwards it. In memory alone; who may be here is decided by actions, what clients say
and hear is their door's business (ws).
"""
