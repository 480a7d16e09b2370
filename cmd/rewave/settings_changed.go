package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"time"
)

// settingsFile is the file that a process has read its settings from, once: a
// change of it is told, as nothing follows from it until the next start.
type settingsFile struct {
	path        string
	begun, seen []byte
}

func newSettingsFile(path string) (*settingsFile, error) {
	text, err := os.ReadFile(path)
	return &settingsFile{path, text, text}, err
}

// changed says whether the file has changed since the last call, and is not what
// the process has. A file that is gone or empty is being replaced.
func (s *settingsFile) changed() bool {
	text, err := os.ReadFile(s.path)
	if err != nil || len(text) == 0 || bytes.Equal(text, s.seen) {
		return false
	}
	s.seen = text
	return !bytes.Equal(text, s.begun)
}

// watch looks now and then until ctx ends.
func (s *settingsFile) watch(ctx context.Context, log *slog.Logger) error {
	looks := time.NewTicker(30 * time.Second)
	defer looks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-looks.C:
		}
		if s.changed() {
			log.Warn("the settings have changed, and this process has the old ones: restart it", "file", s.path)
		}
	}
}
