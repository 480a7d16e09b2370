package file

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
)

// Text is the head of a text message that was written as a file.
type Text struct{ Ref, To string }

// ReadTexts walks the text messages of a directory in the order of their names.
// It reads what a channel named sms has written, for whoever compares it with
// what was to be sent.
func ReadTexts(directory string, fn func(Text) error) error {
	names, err := filepath.Glob(filepath.Join(directory, "*.sms.txt"))
	if err != nil {
		return err
	}
	for _, name := range names {
		m, err := readHead(name)
		if err != nil {
			return err
		}
		if err := fn(m); err != nil {
			return err
		}
	}
	return nil
}

func readHead(name string) (m Text, err error) {
	f, err := os.Open(name)
	if err != nil {
		return m, err
	}
	defer f.Close() // only read from

	lines := bufio.NewScanner(f)
	for lines.Scan() && lines.Text() != "" {
		switch key, value, _ := strings.Cut(lines.Text(), ": "); key {
		case "Ref":
			m.Ref = value
		case "To":
			m.To = value
		}
	}
	return m, lines.Err()
}
