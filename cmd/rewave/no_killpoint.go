//go:build !chaos

package main

// plantKillPoint does nothing: only a test build can be told where to die.
func plantKillPoint(*live) {}
