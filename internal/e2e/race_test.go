//go:build race

package e2e

// The program under test watches for races where the tests do.
func init() { buildFlags = append(buildFlags, "-race") }
