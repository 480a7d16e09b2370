package importer

import (
	"bytes"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/rewave/rewave/internal/fault"
)

// parquetTable is a table as Parquet. Columns are read page by page, side by side;
// a value comes as the text that a CSV file would have of it, so that there is one
// way to read it from there on.
type parquetTable struct {
	t       *Table
	file    *parquet.File
	leaves  []*parquet.Column // by the table's columns
	columns []parquetColumn   // those chosen
	groups  int               // row groups begun
	left    int64             // rows of the current one
	row     int
}

// parquetColumn is one column of the current row group.
type parquetColumn struct {
	leaf   *parquet.Column
	write  func(dst []byte, v parquet.Value) []byte
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buffer []parquet.Value
	ahead  []parquet.Value // of buffer, to be read
	text   []byte
}

// openParquet reads the footer. Only columns with one value a row are columns here.
func (t *Table) openParquet() (err error) {
	defer t.mend(&err)
	file, err := parquet.OpenFile(t.in.file, t.in.size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return t.damaged()
	}
	rows := &parquetTable{t: t, file: file}
	for _, c := range file.Root().Columns() {
		if c.Leaf() && !c.Repeated() {
			t.Columns, rows.leaves = append(t.Columns, c.Name()), append(rows.leaves, c)
		}
	}
	t.rows = rows
	return nil
}

func (t *Table) damaged() error {
	return fault.New(fault.Invalid, t.Name+" is damaged: it cannot be read as Parquet", t.in.undone()+"fetch or write the file again")
}

// mend turns a panic of the library over a broken file into a fault of the file.
func (t *Table) mend(err *error) {
	if r := recover(); r != nil {
		*err = t.damaged()
	}
}

func (p *parquetTable) choose(columns []int) error {
	for _, i := range columns {
		leaf := p.leaves[i]
		if codec := leaf.Compression(); codec != nil && codec.CompressionCodec() == format.Lz4Raw {
			// The library cannot read that of others, and asks for ever more memory over a broken one.
			return fault.New(fault.Invalid, fmt.Sprintf("%s is compressed with LZ4, which is not read", p.t.Name), p.t.in.undone()+"write it with Snappy, Zstandard or gzip")
		}
		write := textOf(leaf.Type())
		if write == nil {
			return fault.New(fault.Invalid, fmt.Sprintf("%s: the column %q is of the type %s, which is not read", p.t.Name, leaf.Name(), leaf.Type()), "write it as text, a number or true and false")
		}
		p.columns = append(p.columns, parquetColumn{leaf: leaf, write: write, buffer: make([]parquet.Value, 1024)})
	}
	return nil
}

func (p *parquetTable) place(int) (line, column int) { return p.row, 0 }

func (p *parquetTable) next(cells [][]byte) (err error) {
	defer p.t.mend(&err)
	for p.left == 0 {
		groups := p.file.RowGroups()
		if p.groups == len(groups) {
			return io.EOF
		}
		group := groups[p.groups]
		p.groups, p.left = p.groups+1, group.NumRows()
		for i := range p.columns {
			c := &p.columns[i]
			c.close()
			c.pages = group.ColumnChunks()[c.leaf.Index()].Pages()
		}
	}
	p.left, p.row = p.left-1, p.row+1
	for i := range p.columns {
		cell, err := p.columns[i].next()
		if err != nil {
			return p.t.damaged() // rows and values do not agree, or a page cannot be read
		}
		cells[i] = bytes.TrimSpace(cell)
	}
	return nil
}

func (c *parquetColumn) close() {
	if c.pages != nil {
		parquet.Release(c.page)
		c.pages.Close() //nolint:errcheck // only read
	}
	c.pages, c.page, c.values, c.ahead = nil, nil, nil, nil
}

// next is the text of the next value, nil of null.
func (c *parquetColumn) next() ([]byte, error) {
	for len(c.ahead) == 0 {
		if c.values != nil {
			n, err := c.values.ReadValues(c.buffer)
			if err != nil && err != io.EOF {
				return nil, err
			}
			if c.ahead = c.buffer[:n]; n > 0 {
				break
			}
			parquet.Release(c.page)
		}
		page, err := c.pages.ReadPage()
		if err != nil {
			return nil, err
		}
		c.page, c.values = page, page.Values()
	}
	v := c.ahead[0]
	c.ahead = c.ahead[1:]
	if v.IsNull() {
		return nil, nil
	}
	c.text = c.write(c.text[:0], v)
	return c.text, nil
}

// textOf is how values of a type are written; nil where they are not read.
func textOf(t parquet.Type) func(dst []byte, v parquet.Value) []byte {
	var decimal *format.DecimalType
	signed := true
	if logical := t.LogicalType(); logical != nil {
		switch is := logical.Value.(type) {
		case *format.DecimalType:
			decimal = is
		case *format.IntType:
			signed = is.IsSigned
		}
	}
	if decimal != nil {
		scale := int(decimal.Scale)
		return func(dst []byte, v parquet.Value) []byte { return appendDecimal(dst, unscaled(v), scale) }
	}
	switch t.Kind() {
	case parquet.Boolean:
		return func(dst []byte, v parquet.Value) []byte { return strconv.AppendBool(dst, v.Boolean()) }
	case parquet.Int32:
		if !signed {
			return func(dst []byte, v parquet.Value) []byte { return strconv.AppendUint(dst, uint64(v.Uint32()), 10) }
		}
		return func(dst []byte, v parquet.Value) []byte { return strconv.AppendInt(dst, int64(v.Int32()), 10) }
	case parquet.Int64:
		if !signed {
			return func(dst []byte, v parquet.Value) []byte { return strconv.AppendUint(dst, v.Uint64(), 10) }
		}
		return func(dst []byte, v parquet.Value) []byte { return strconv.AppendInt(dst, v.Int64(), 10) }
	case parquet.Float:
		return func(dst []byte, v parquet.Value) []byte {
			return strconv.AppendFloat(dst, float64(v.Float()), 'f', -1, 32)
		}
	case parquet.Double:
		return func(dst []byte, v parquet.Value) []byte { return strconv.AppendFloat(dst, v.Double(), 'f', -1, 64) }
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return func(dst []byte, v parquet.Value) []byte { return append(dst, v.ByteArray()...) }
	}
	return nil
}

// unscaled is a decimal without its point: big-endian two's complement where it is
// bytes.
func unscaled(v parquet.Value) *big.Int {
	switch v.Kind() {
	case parquet.Int32:
		return big.NewInt(int64(v.Int32()))
	case parquet.Int64:
		return big.NewInt(v.Int64())
	}
	data := v.ByteArray()
	x := new(big.Int).SetBytes(data)
	if len(data) > 0 && data[0] >= 0x80 {
		x.Sub(x, new(big.Int).Lsh(big.NewInt(1), uint(8*len(data))))
	}
	return x
}

func appendDecimal(dst []byte, x *big.Int, scale int) []byte {
	digits := new(big.Int).Abs(x).String()
	if short := scale + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	if x.Sign() < 0 {
		dst = append(dst, '-')
	}
	dst = append(dst, digits[:len(digits)-scale]...)
	if scale > 0 {
		dst = append(append(dst, '.'), digits[len(digits)-scale:]...)
	}
	return dst
}
