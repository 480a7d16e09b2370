// Package file is a channel that writes each message as a file into a directory:
// for trying a campaign without sending, and for handing messages to another
// program. An e-mail becomes a *.json; a text message an *.sms.txt, with To, From,
// Segments and Ref on lines of their own, an empty line, and the text.
//
// A file appears under its final name whole or not at all, and its name is made
// from the delivery's Ref. A repeated Ref therefore finds its file and is taken
// once, for as long as the files are left where they are.
package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/gsm"
)

// Options of a file channel.
type Options struct {
	Name      string           // as campaigns say it: email (the default) or sms, which says how files look
	Directory string           // created when missing, readable by its owner only
	Date      func() time.Time // when a file says it was written; nil is the clock
	Sync      bool             // a message is on the disk, not only in the system's memory, before it counts as accepted
}

// Channel writes messages as files.
type Channel struct {
	opts Options
	dir  *os.File // held open to sync it
}

// New creates the directory and makes sure that files can be written to it.
func New(opts Options) (*Channel, error) {
	if opts.Name == "" {
		opts.Name = "email"
	}
	refuse := func(err error) (*Channel, error) {
		return nil, fault.Wrap(fault.Unavailable, err, opts.Name+" channel: the directory cannot be written", "check its owner and permissions")
	}
	if opts.Directory == "" {
		return nil, fault.New(fault.Invalid, opts.Name+" channel: no directory", "set channels."+opts.Name+".directory")
	}
	if err := os.MkdirAll(opts.Directory, 0o700); err != nil {
		return refuse(err)
	}
	probe, err := os.CreateTemp(opts.Directory, tempPrefix)
	if err != nil {
		return refuse(err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return refuse(err)
	}
	dir, err := os.Open(opts.Directory)
	if err != nil {
		return refuse(err)
	}
	return &Channel{opts: opts, dir: dir}, nil
}

// tempPrefix begins the names of files that are still being written.
const tempPrefix = ".rewave-"

// Name is the configured one.
func (c *Channel) Name() string { return c.opts.Name }

// Promise says that a repeated Ref is taken once as long as nobody moves the files away,
// which is up to whoever reads them; a week is promised.
func (c *Channel) Promise() channel.Promise {
	return channel.Promise{IdempotencyWindow: 7 * 24 * time.Hour}
}

// record is the file's content.
type record struct {
	Ref     string            `json:"ref"`
	To      string            `json:"to"`
	From    string            `json:"from"`
	Subject string            `json:"subject,omitempty"`
	Text    string            `json:"text"`
	HTML    string            `json:"html,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
}

// Send writes one file. ProviderID is the file's name. A failure before the file
// has its name is not taken; one after it (a sync that fails) is unknown.
func (c *Channel) Send(ctx context.Context, m channel.Message) channel.Outcome {
	if ctx.Err() != nil {
		return channel.Outcome{Verdict: channel.NotTaken, Reason: "cancelled", Trouble: channel.OurOwn}
	}
	switch {
	case m.Ref == "":
		return channel.Outcome{Verdict: channel.Failed, Reason: "bad_ref"}
	case m.To == "":
		return channel.Outcome{Verdict: channel.Failed, Reason: "bad_address"}
	}
	name := c.fileName(m.Ref)
	accepted := channel.Outcome{Verdict: channel.Accepted, ProviderID: name}
	temp, err := c.write(m)
	if temp != "" {
		defer os.Remove(temp) // a leftover is harmless: readers skip dot-files
	}
	if err != nil {
		return channel.Outcome{Verdict: channel.NotTaken, Reason: reason("write", err), Trouble: channel.OfProvider}
	}
	if c.opts.Date != nil {
		at := c.opts.Date()
		if err := os.Chtimes(temp, at, at); err != nil {
			return channel.Outcome{Verdict: channel.NotTaken, Reason: reason("date", err), Trouble: channel.OfProvider}
		}
	}
	// A link, unlike a rename, fails when the name is there already.
	err = os.Link(temp, filepath.Join(c.opts.Directory, name))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return channel.Outcome{Verdict: channel.NotTaken, Reason: reason("link", err), Trouble: channel.OfProvider}
	}
	if c.opts.Sync {
		if err := c.dir.Sync(); err != nil {
			return channel.Outcome{Verdict: channel.Unknown, Reason: reason("sync", err)}
		}
	}
	return accepted
}

// sms is the name of the channel whose messages are plain text.
const sms = "sms"

func (c *Channel) write(m channel.Message) (path string, err error) {
	var body bytes.Buffer
	if c.opts.Name == sms {
		for _, line := range [][2]string{{"To", m.To}, {"From", m.From}, {"Segments", gsm.Measure(m.Text).String()}, {"Ref", m.Ref}} {
			fmt.Fprintf(&body, "%s: %s\n", line[0], strings.Map(oneLine, line[1]))
		}
		body.WriteString("\n" + m.Text + "\n")
	} else {
		enc := json.NewEncoder(&body)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(record(m)); err != nil {
			return "", err
		}
	}
	f, err := os.CreateTemp(c.opts.Directory, tempPrefix)
	if err != nil {
		return "", err
	}
	_, err = f.Write(body.Bytes())
	if err == nil && c.opts.Sync {
		err = f.Sync()
	}
	return f.Name(), errors.Join(err, f.Close())
}

// oneLine keeps a value from beginning a line of its own.
func oneLine(r rune) rune {
	if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
		return ' '
	}
	return r
}

// fileName keeps a plain Ref readable and gives any other a hash.
func (c *Channel) fileName(ref string) string {
	plain := len(ref) <= 100 && ref[0] != '.' && strings.Trim(ref, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == ""
	if !plain || strings.Contains(ref, "sha256-") {
		sum := sha256.Sum256([]byte(ref))
		ref = "sha256-" + hex.EncodeToString(sum[:])
	}
	if c.opts.Name == sms {
		return ref + ".sms.txt"
	}
	return ref + ".json"
}

// reason is the operation and the system's error number, without any path.
func reason(op string, err error) string {
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe):
		err = pe.Err
	case errors.As(err, &le):
		err = le.Err
	}
	return fmt.Sprintf("%s: %v", op, err)
}

// Close lets go of the directory; the files stay.
func (c *Channel) Close() error { return c.dir.Close() }
