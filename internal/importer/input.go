package importer

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/text/transform"

	"github.com/rewave/rewave/internal/fault"
)

// What a file may have at most.
const (
	maxCompressed = 200 << 20
	maxRatio      = 100     // inflated bytes per compressed byte
	freeInflated  = 1 << 20 // below this the ratio is not asked: small files of equal lines are honest
	maxRows       = 5_000_000
	maxLine       = 64 << 10
)

// input is a file whose text can be read once.
type input struct {
	path   string
	name   string // as a person knows it
	size   int64
	sum    [sha256.Size]byte
	zipped bool
	table  bool // read as it comes, at any size, and nothing is kept of it
	file   *os.File
	done   atomic.Int64 // compressed bytes read
	ahead  *ahead       // of a zipped file
}

// openInput opens a file, checks its size and computes its hash.
func openInput(path string) (*input, error) { return openAs(path, false) }

func openAs(path string, table bool) (*input, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, cannotOpen(path, err)
	}
	in := &input{path: path, name: filepath.Base(path), file: file, table: table}
	if err := in.measure(); err != nil {
		file.Close() //nolint:errcheck // only read
		return nil, err
	}
	return in, nil
}

// undone is what a fault of the whole file says has not happened.
func (in *input) undone() string {
	if in.table {
		return "nothing was analyzed; "
	}
	return notImported
}

const notImported = "nothing was imported; "

func cannotOpen(path string, err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fault.New(fault.NotFound, "there is no file "+path, "")
	case errors.Is(err, os.ErrPermission):
		return fault.New(fault.Denied, "no permission to read "+path, "")
	}
	return fault.Wrap(fault.Invalid, err, "cannot read "+path, "")
}

func (in *input) measure() error {
	info, err := in.file.Stat()
	if err != nil {
		return cannotOpen(in.path, err)
	}
	in.size = info.Size()
	switch {
	case info.IsDir():
		return fault.New(fault.Invalid, in.path+" is a folder", "name a file")
	case in.table && !info.Mode().IsRegular():
		return fault.New(fault.Invalid, in.path+" is no file that can be read twice", "write what comes out of the pipe to a file first")
	case in.size == 0:
		return fault.New(fault.Invalid, in.name+" is empty", "")
	case in.size > maxCompressed && !in.table:
		return fault.New(fault.Invalid, fmt.Sprintf("%s has %d MB; at most %d MB are read", in.name, in.size>>20, maxCompressed>>20), "split it by date, whole orders together")
	}
	if !in.table {
		hash := sha256.New()
		if _, err := io.Copy(hash, in.file); err != nil {
			return cannotOpen(in.path, err)
		}
		hash.Sum(in.sum[:0])
	}
	var magic [2]byte
	if _, err := in.file.ReadAt(magic[:], 0); err == nil {
		in.zipped = magic == [2]byte{0x1f, 0x8b}
	}
	if err := in.notText(); err != nil {
		return err
	}
	_, err = in.file.Seek(0, io.SeekStart)
	return err
}

func (in *input) Close() error {
	if in.ahead != nil {
		in.ahead.close()
	}
	return in.file.Close()
}

// raw is the file's bytes, inflated and within the limits.
func (in *input) raw() (io.Reader, error) {
	counted := &counter{r: in.file, n: &in.done}
	if !in.zipped {
		return counted, nil
	}
	inflate, err := gzip.NewReader(bufio.NewReaderSize(counted, 64<<10))
	if err != nil {
		return nil, in.damaged(err)
	}
	left := max(in.size*maxRatio, freeInflated)
	if in.table {
		left = math.MaxInt64
	}
	in.ahead = readAhead(&inflated{in: in, r: inflate, left: left})
	return in.ahead, nil
}

// text is the file as UTF-8. Bytes that are not valid in another encoding come as
// U+FFFD.
func (in *input) text(encoding string) (io.Reader, error) {
	r, err := in.raw()
	decoder, ok := decoders[encoding]
	if err != nil || !ok {
		return r, err
	}
	return transform.NewReader(r, decoder.NewDecoder()), nil
}

// damaged says in a person's words why a gzip stream cannot be read.
func (in *input) damaged(err error) error {
	var corrupt flate.CorruptInputError
	again := in.undone() + "fetch or write the file again"
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fault.New(fault.Invalid, in.name+" ends in the middle of its gzip stream: it was cut short", again)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.As(err, &corrupt):
		return fault.New(fault.Invalid, in.name+" is damaged: its gzip stream cannot be read", again)
	}
	return err
}

// inflated stops a stream that grows beyond what a table of text can.
type inflated struct {
	in   *input
	r    io.Reader
	left int64
}

func (z *inflated) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	z.left -= int64(n)
	if z.left < 0 {
		return 0, fault.New(fault.Invalid, fmt.Sprintf("%s inflates to more than %d times its size", z.in.name, maxRatio), z.in.undone()+"a table of text does not")
	}
	if err != nil && err != io.EOF {
		err = z.in.damaged(err)
	}
	return n, err
}

type counter struct {
	r io.Reader
	n *atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}
