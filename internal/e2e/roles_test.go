package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// kept is a role that is started again whenever it ends, as a service manager
// does: under chaos it may end by itself, because nothing it needs is there.
type kept struct {
	t    *testing.T
	role string
	args []string
	dir  string
	env  []string
	path string // of its log

	mu     sync.Mutex
	cmd    *exec.Cmd
	starts int
	closed bool
	ended  chan struct{}
}

// keep starts a role by a program and its arguments, until close.
func keep(t *testing.T, dir, role string, env []string, program string, args ...string) *kept {
	t.Helper()
	k := &kept{t: t, role: role, args: append([]string{program}, args...), dir: dir, env: env, path: filepath.Join(dir, role+".log"), ended: make(chan struct{})}
	go k.loop()
	t.Cleanup(func() { k.close(syscall.SIGKILL, patience) })
	return k
}

func (k *kept) loop() {
	defer close(k.ended)
	runtime.LockOSThread() // the kernel ends the role with the thread that forked it
	for {
		log, err := os.OpenFile(k.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			k.t.Error(err)
			return
		}
		cmd := exec.Command(k.args[0], k.args[1:]...)
		cmd.Dir, cmd.Env, cmd.Stderr = k.dir, k.env, log
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		k.mu.Lock()
		if k.closed {
			k.mu.Unlock()
			log.Close()
			return
		}
		err = cmd.Start()
		k.cmd, k.starts = cmd, k.starts+1
		k.mu.Unlock()
		if err != nil {
			k.t.Error(err)
			log.Close()
			return
		}
		err = cmd.Wait()
		fmt.Fprintf(log, "-- ended: %v\n", err)
		log.Close()
		pause := time.NewTimer(200 * time.Millisecond)
		<-pause.C
	}
}

// signal sends a signal to the process that runs now, if one does.
func (k *kept) signal(s syscall.Signal) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cmd != nil && k.cmd.Process != nil {
		k.cmd.Process.Signal(s) // it may have ended
	}
}

// close ends the role for good, by force if it takes too long; false: it did.
func (k *kept) close(s syscall.Signal, within time.Duration) bool {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	k.signal(s)
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-k.ended:
		return true
	case <-timer.C:
		k.signal(syscall.SIGKILL)
		<-k.ended
		return false
	}
}

// runs is how often it has been started.
func (k *kept) runs() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.starts
}

// text is all that it has ever said.
func (k *kept) text() string {
	b, err := os.ReadFile(k.path)
	if err != nil && !os.IsNotExist(err) {
		k.t.Error(err)
	}
	return string(b)
}

// crashed is what no service may ever say, whatever is away.
func (k *kept) crashed() string {
	text := k.text()
	for _, bad := range []string{"DATA RACE", "panic:", "fatal error:", "a channel panicked"} {
		if i := strings.Index(text, bad); i >= 0 {
			return text[max(0, i-200):min(len(text), i+3000)]
		}
	}
	return ""
}
