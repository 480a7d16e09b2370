// Package devstack starts a private PostgreSQL and a private Redis from the
// machine's own programs: for the demo, for local development and for tests.
//
// Nothing is configured, downloaded or shared. PostgreSQL and Redis listen on
// unix sockets in a short folder of the temporary directory, never on TCP;
// their data lie below one state directory; both end with the Stack and, by
// the kernel's death signal, with the process that started them. What a killed
// process left behind is removed by the next Start.
//
// Any number of Stacks may run at once from one state directory: each has a
// run directory of its own, held by a file lock. Only the durable one, whose
// data are kept, exists once, and a second start of it is refused.
//
// Where no Redis program is installed a miniredis inside the process takes its
// place, unless RequireRedis is set; the Stack says so. It keeps nothing.
//
// The programs are looked for in PG_BIN, then by pg_config, then in the usual
// places, newest first. As root both run as user postgres, else as nobody.
// Only Linux is served; elsewhere Start says so.
package devstack

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"github.com/rewave/rewave/internal/fault"
)

// Options say what to start. The zero value starts throw-away services below
// DefaultStateDir.
type Options struct {
	// StateDir holds everything that is written, except the sockets. It is
	// created if it is not there. Empty means DefaultStateDir.
	StateDir string

	// Durable keeps the data in StateDir/data for the next Start and writes
	// them safely (fsync on, Redis with an append-only file). Without it the
	// services begin empty in a run directory that Stop removes.
	Durable bool

	// Sync turns fsync on for a throw-away run too, as a benchmark needs.
	Sync bool

	// RequireRedis refuses to start where no Redis program is installed,
	// instead of falling back to miniredis.
	RequireRedis bool

	// Connections is PostgreSQL's max_connections; 0 means 200.
	Connections int

	// SharedMB is PostgreSQL's shared_buffers; 0 means its own, 128.
	SharedMB int

	// RedisDatabases is the number of Redis databases; 0 means 16.
	RedisDatabases int

	// Log receives a line for each thing a person should know: a fallback, a
	// leftover removed. Nil means none is written.
	Log io.Writer
}

// Stack is a pair of running services. It is safe for use by several goroutines.
type Stack struct {
	// DSN connects to an empty (or, if durable, the kept) database as its owner.
	DSN string

	// RedisURL is unix:///path/to/socket, or redis://… for miniredis; add
	// ?db=N for another database than 0.
	RedisURL string

	// RedisInMemory says that RedisURL is a miniredis inside this process.
	RedisInMemory bool

	// Dir is the run directory, with the services' data and logs.
	Dir string

	running *running
}

// Start brings both services up and returns when they answer. ctx bounds the
// start only; the services run until Stop, or until this process ends in
// whatever way. An error is a *fault.Fault where a person can mend the cause,
// and nothing is left running or lying about.
func Start(ctx context.Context, opts Options) (*Stack, error) {
	if opts.StateDir == "" {
		dir, err := DefaultStateDir()
		if err != nil {
			return nil, err
		}
		opts.StateDir = dir
	}
	if opts.Connections == 0 {
		opts.Connections = 200
	}
	if opts.RedisDatabases == 0 {
		opts.RedisDatabases = 16
	}
	if opts.Log == nil {
		opts.Log = io.Discard
	}
	dir, err := filepath.Abs(opts.StateDir)
	if err != nil {
		return nil, err
	}
	opts.StateDir = dir
	return start(ctx, opts)
}

// DefaultStateDir is /var/lib/rewave for root, else $XDG_STATE_HOME/rewave,
// else ~/.local/state/rewave.
func DefaultStateDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/rewave", nil
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "rewave"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fault.Wrap(fault.Unavailable, err, "no place for the state directory", "set HOME or XDG_STATE_HOME")
	}
	return filepath.Join(home, ".local", "state", "rewave"), nil
}
