//go:build linux

package devstack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/rewave/rewave/internal/fault"
)

const (
	socketPrefix  = "rewave-"
	postgresFile  = ".s.PGSQL.5432"
	maxSocketPath = 107 // sun_path holds 108 bytes, one of them the closing NUL
)

// run is a run directory, ours for as long as its lock is held. The kernel lets
// go of the lock when the process ends, however it ends: a run whose lock can
// be had is dead.
//
//	StateDir/lock         held while a run is claimed or dead ones are removed
//	StateDir/runs/ID/     a throw-away run
//	StateDir/data/        the durable one
//	…/lock  …/pg/  …/redis/  …/*.log
type run struct {
	state   string
	dir     string
	durable bool
	sockets string
	lock    *os.File
}

// record is what a lock file says of its holder.
type record struct {
	PID     int    `json:"pid"`
	Sockets string `json:"sockets"`
}

// claim removes what dead runs left below state and returns a run of our own.
func claim(ctx context.Context, state string, durable bool, as account, log io.Writer) (_ *run, err error) {
	if err := prepare(state); err != nil {
		return nil, err
	}
	door, err := lockFile(ctx, filepath.Join(state, "lock"))
	if err != nil {
		return nil, writable(err, state)
	}
	defer door.Close()

	if err := sweep(ctx, filepath.Join(state, "runs"), log); err != nil {
		return nil, err
	}
	dir := filepath.Join(state, "data")
	if durable {
		err = mkdirAs(dir, 0o755)
	} else {
		if err = mkdirAs(filepath.Join(state, "runs"), 0o755); err == nil {
			if dir, err = os.MkdirTemp(filepath.Join(state, "runs"), fmt.Sprintf("%d-", os.Getpid())); err == nil {
				err = os.Chmod(dir, 0o755) // the lock keeps others out, the services' own folders are private
			}
		}
	}
	if err != nil {
		return nil, writable(err, state)
	}
	r := &run{state: state, dir: dir, durable: durable}
	defer func() {
		if err != nil {
			door.Close() // release takes it itself
			r.release()  // the first error says more
		}
	}()
	if err := as.mayEnter(dir, "state directory", "choose another with --state, such as /var/lib/rewave"); err != nil {
		return nil, err
	}
	lock, before, err := tryLock(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, writable(err, state)
	}
	if lock == nil {
		r.dir = "" // not ours to touch
		return nil, fault.New(fault.Conflict,
			fmt.Sprintf("the services in %s are in use by process %d", state, before.PID),
			"end it first, or choose another state directory with --state")
	}
	r.lock = lock
	if err := clean(ctx, dir, before); err != nil {
		return nil, err
	}
	if r.sockets, err = socketDir(as); err != nil {
		return nil, err
	}
	if err := json.NewEncoder(lock).Encode(record{os.Getpid(), r.sockets}); err != nil {
		return nil, err
	}
	return r, nil
}

// release gives the run back, its sockets removed, and its data unless durable.
func (r *run) release() error {
	var errs []error
	if r.sockets != "" {
		errs = append(errs, os.RemoveAll(r.sockets))
	}
	if r.dir != "" && !r.durable {
		// Behind the door, so that no sweep makes a lock file in a folder that
		// is going away.
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if door, err := lockFile(ctx, filepath.Join(r.state, "lock")); err == nil {
			defer door.Close()
		}
		errs = append(errs, os.RemoveAll(r.dir))
	}
	if r.lock != nil {
		if r.durable {
			errs = append(errs, r.lock.Truncate(0))
		}
		errs = append(errs, r.lock.Close())
	}
	return errors.Join(errs...)
}

// prepare makes sure that the state directory is there and is ours.
func prepare(state string) error {
	info, err := os.Stat(state)
	if errors.Is(err, fs.ErrNotExist) {
		if err := mkdirAs(state, 0o755); err != nil {
			return writable(err, state)
		}
		return nil
	}
	if err != nil {
		return writable(err, state)
	}
	if !info.IsDir() {
		return fault.New(fault.Denied, "state directory "+state+" is not a directory", "choose another with --state")
	}
	if owner := int(info.Sys().(*syscall.Stat_t).Uid); owner != os.Geteuid() {
		return fault.New(fault.Denied,
			fmt.Sprintf("state directory %s belongs to user %s, this is user %s", state, userName(owner), userName(os.Geteuid())),
			"choose another with --state")
	}
	return nil
}

// mkdirAs is MkdirAll with a mode that the umask does not narrow for root, whose
// services run as another user.
func mkdirAs(dir string, mode fs.FileMode) error {
	if os.Geteuid() != 0 {
		return os.MkdirAll(dir, 0o700)
	}
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return err
	}
	return os.Chmod(dir, mode)
}

// writable words the errors of a directory that cannot be used.
func writable(err error, state string) error {
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fault.Wrap(fault.Denied, err, "state directory "+state+" is not writable", "choose another with --state")
	}
	// Whatever else the system says of a path: no folder can be made below /proc.
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return fault.Wrap(fault.Denied, err, "state directory "+state+" cannot be used: "+path.Err.Error(), "choose another with --state")
	}
	return err
}

// sweep removes the throw-away runs whose process is gone.
func sweep(ctx context.Context, runs string, log io.Writer) error {
	entries, err := os.ReadDir(runs)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		dir := filepath.Join(runs, e.Name())
		lock, before, err := tryLock(filepath.Join(dir, "lock"))
		if errors.Is(err, fs.ErrNotExist) {
			continue // it ended just now
		}
		if err != nil {
			return err
		}
		if lock == nil {
			continue // alive
		}
		err = errors.Join(clean(ctx, dir, before), os.RemoveAll(dir), lock.Close())
		if err != nil {
			return fmt.Errorf("remove the leftovers of process %d: %w", before.PID, err)
		}
		fmt.Fprintf(log, "removed what process %d had left in %s\n", before.PID, dir)
	}
	return nil
}

// clean ends the services that a dead run may still have, and removes its sockets.
func clean(ctx context.Context, dir string, before record) error {
	if err := endOrphans(ctx, dir); err != nil {
		return err
	}
	if strings.HasPrefix(filepath.Base(before.Sockets), socketPrefix) {
		return os.RemoveAll(before.Sockets)
	}
	return nil
}

// endOrphans ends services that still work in dir. The death signal has reached
// them already; a server in the middle of its shutdown is given ten seconds.
func endOrphans(ctx context.Context, dir string) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	patience := time.Now().Add(10 * time.Second)
	asked := false
	for {
		pids := servicesIn(dir)
		if len(pids) == 0 {
			return nil
		}
		for pid, signal := range pids {
			if late := time.Now().After(patience); late || !asked {
				if late {
					signal = syscall.SIGKILL
				}
				if err := syscall.Kill(pid, signal); err != nil && err != syscall.ESRCH {
					return fmt.Errorf("end process %d: %w", pid, err)
				}
			}
		}
		asked = true
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// servicesIn finds running services whose working directory is below dir, with
// the signal that ends each in good order.
func servicesIn(dir string) map[int]syscall.Signal {
	found := map[int]syscall.Signal{}
	links, _ := filepath.Glob("/proc/[0-9]*/cwd") // the pattern is well formed
	for _, link := range links {
		cwd, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(cwd, dir+"/") && cwd != dir {
			continue
		}
		name, err := os.ReadFile(filepath.Join(filepath.Dir(link), "comm"))
		if err != nil {
			continue
		}
		var pid int
		if _, err := fmt.Sscanf(link, "/proc/%d/cwd", &pid); err != nil {
			continue
		}
		switch program := strings.TrimSpace(string(name)); {
		case program == "postgres" || program == "initdb":
			found[pid] = syscall.SIGINT
		case slices.Contains(redisPrograms, program):
			found[pid] = syscall.SIGTERM
		}
	}
	return found
}

// socketDir makes the private folder of the sockets, short enough for them.
func socketDir(as account) (string, error) {
	temp := os.TempDir()
	const hint = "set TMPDIR to a short folder that everyone may enter, such as /tmp"
	if n := len(filepath.Join(temp, socketPrefix+"0123456789", postgresFile)); n > maxSocketPath {
		return "", fault.New(fault.Unavailable,
			fmt.Sprintf("temporary directory %s: a socket's path would have %d bytes, the system allows %d", temp, n, maxSocketPath), hint)
	}
	if err := as.mayEnter(temp, "temporary directory", hint); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(temp, socketPrefix)
	if err != nil {
		return "", fault.Wrap(fault.Denied, err, "temporary directory "+temp+" cannot be used", hint)
	}
	return dir, as.own(dir)
}

// lockFile waits for the exclusive lock of a file.
func lockFile(ctx context.Context, path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if err != syscall.EWOULDBLOCK {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// tryLock takes the lock of a run and empties its record, or returns nil and
// the record of whoever holds it. A missing run directory is fs.ErrNotExist.
func tryLock(path string) (*os.File, record, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, record{}, err
	}
	var r record
	if err := json.NewDecoder(f).Decode(&r); err != nil {
		r = record{} // a run that died before it wrote it
	}
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err {
	case nil:
	case syscall.EWOULDBLOCK:
		f.Close()
		return nil, r, nil
	default:
		f.Close()
		return nil, r, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := f.Truncate(0); err != nil {
		f.Close()
		return nil, r, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		f.Close()
		return nil, r, err
	}
	return f, r, nil
}
