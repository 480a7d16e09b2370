package testkit

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// chromiumPatience is how long a page may take on a busy machine: of thousands of
// starts of Chromium with virtual time one never ends.
const chromiumPatience = 90 * time.Second

// Chromium runs it without a window, with a profile of its own, and returns what it
// prints. One that hangs is begun again.
func Chromium(t testing.TB, args ...string) (stdout, stderr []byte) {
	t.Helper()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("no Chromium: apt-get install chromium")
	}
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), chromiumPatience)
		c := exec.CommandContext(ctx, browser, append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
			"--user-data-dir=" + t.TempDir()}, args...)...)
		var out, said bytes.Buffer
		c.Stdout, c.Stderr = &out, &said
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its children go with it
		c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
		c.WaitDelay = 5 * time.Second
		err = c.Run()
		hung := errors.Is(ctx.Err(), context.DeadlineExceeded)
		cancel()
		if err == nil {
			return out.Bytes(), said.Bytes()
		}
		if !hung {
			t.Fatalf("chromium: %v\n%s", err, &said)
		}
	}
	t.Fatalf("chromium hung three times: %v", err)
	return nil, nil
}
