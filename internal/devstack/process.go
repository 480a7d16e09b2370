//go:build linux

package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// starter starts children from one OS thread that lives as long as the Stack:
// Linux sends the death signal when the thread that forked ends, not the
// process, and Go ends idle threads as it likes.
type starter struct{ calls chan func() }

func newStarter() *starter {
	s := &starter{calls: make(chan func())}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for call := range s.calls {
			call()
		}
	}()
	return s
}

func (s *starter) close() { close(s.calls) }

// process is a child that was started, its output in a file.
type process struct {
	name   string
	cmd    *exec.Cmd
	log    string
	signal syscall.Signal // what ends it in good order
	ended  chan struct{}  // closed when it has
	err    error          // valid once ended is closed
}

// start runs a program as account in dir. Its output is appended to log. When
// this process dies, the kernel sends it signal.
func (s *starter) start(as account, dir, log string, signal syscall.Signal, path string, args ...string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()

	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	// The person's own PG* settings and locale must not reach a private server.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=" + dir}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:    true, // a Ctrl-C is for us; we stop the services in order
		Pdeathsig:  signal,
		Credential: as.credential,
	}
	p := &process{name: filepath.Base(path), cmd: cmd, log: log, signal: signal, ended: make(chan struct{})}
	started := make(chan error)
	s.calls <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, err
	}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// wait blocks until the process has ended by itself.
func (p *process) wait(ctx context.Context) error {
	select {
	case <-p.ended:
		if p.err != nil {
			return p.failure()
		}
		return nil
	case <-ctx.Done():
		p.stop()
		return ctx.Err()
	}
}

// until polls ready until it returns nil; it gives up when the process ends,
// when ctx does, or after a minute.
func (p *process) until(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return p.failure()
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", p.name, errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}

// stop ends the process in good order, and by force after ten seconds.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(p.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(10 * time.Second):
	}
	// The whole group: PostgreSQL's own children would live a moment longer.
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // it may just have ended
	<-p.ended
	return fmt.Errorf("stop %s: it had to be killed", p.name)
}

// failure is the end of the log, where the reason stands.
func (p *process) failure() error {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, p.err)
	}
	lines := strings.Split(string(bytes.TrimSpace(text)), "\n")
	if len(lines) > 6 {
		lines = lines[len(lines)-6:]
	}
	if p.err == nil {
		return fmt.Errorf("%s ended: %s", p.name, strings.Join(lines, "\n  "))
	}
	return fmt.Errorf("%s: %w: %s", p.name, p.err, strings.Join(lines, "\n  "))
}
