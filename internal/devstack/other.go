//go:build !linux

package devstack

import (
	"context"
	"runtime"

	"github.com/rewave/rewave/internal/fault"
)

type running struct{}

func start(context.Context, Options) (*Stack, error) {
	return nil, fault.New(fault.Unavailable,
		"private services are started on Linux only, this is "+runtime.GOOS,
		"start PostgreSQL and Redis yourself, set DATABASE_URL and REDIS_URL, then run `rewave all`")
}

// Describe says what runs where, one line each.
func (s *Stack) Describe() string { return "" }

// Stop ends both services.
func (s *Stack) Stop() error { return nil }
