package testkit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// NewRedis returns the URL of an empty Redis database that belongs to one test:
// a number of its own on the shared server, given back when the test ends.
// Channels of publish and subscribe know no numbers and are shared.
func NewRedis(t testing.TB) string {
	t.Helper()
	c := services(t)
	address, err := c.allotRedis(t)
	if err != nil {
		t.Fatalf("testkit: %v", err)
	}
	return address
}

// allotRedis takes the first number whose file can be locked; the kernel gives
// the lock back even when the process is killed.
func (c cluster) allotRedis(t testing.TB) (string, error) {
	for n := 1; n < redisDatabases; n++ {
		f, err := os.OpenFile(filepath.Join(c.dir, "redis", strconv.Itoa(n)), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return "", err
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == syscall.EWOULDBLOCK {
			f.Close()
			continue
		}
		if err != nil {
			f.Close()
			return "", fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		t.Cleanup(func() { f.Close() })
		address := fmt.Sprintf("%s?db=%d", c.Redis, n)
		return address, flush(address)
	}
	return "", errors.New("every Redis database is in use")
}

// flush empties a database, whatever its last holder left.
func flush(address string) error {
	opts, err := redis.ParseURL(address)
	if err != nil {
		return err
	}
	opts.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	client := redis.NewClient(opts)
	return errors.Join(client.FlushDB(context.Background()).Err(), client.Close())
}
