#!/bin/sh
# Puts what is in this kit into a Docker Engine: images, volumes with their content, networks.
# What is there already is left as it is. Nothing is taken from a network.
# DOCKER names the command, by default docker; its usual variables (DOCKER_HOST, DOCKER_CONTEXT) say which engine.
