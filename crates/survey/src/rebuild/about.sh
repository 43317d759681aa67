#!/bin/sh
# Makes what was rebuilt again in a Docker Engine: images that are not there from their Dockerfiles, networks, volumes
# without content (a move kit, careen kit, has that), containers.
# What is there already is left as it is. START=yes starts the containers that ran when the engine last wrote of them.
# DOCKER names the command, by default docker; its usual variables (DOCKER_HOST, DOCKER_CONTEXT) say which engine.
