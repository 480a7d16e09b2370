// Command rewave plans, sends and evaluates retention campaigns. It is one
// static binary: each role of a deployment is a subcommand of it.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}
