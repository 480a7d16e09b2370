package postgres

import (
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// Lists go to the database hundreds of values at a time. The driver boxes each value
// of a plain slice, which takes longer than writing it; of these it gets a pointer.

type int64s []int64

func (l int64s) Dimensions() []pgtype.ArrayDimension { return dimensions(len(l), l == nil) }
func (l int64s) Index(i int) any                     { return (*boxed64)(&l[i]) }
func (int64s) IndexType() any                        { return (*boxed64)(nil) }

type boxed64 int64

func (b *boxed64) Int64Value() (pgtype.Int8, error) {
	return pgtype.Int8{Int64: int64(*b), Valid: true}, nil
}

type times []time.Time

func (l times) Dimensions() []pgtype.ArrayDimension { return dimensions(len(l), l == nil) }
func (l times) Index(i int) any                     { return (*boxedTime)(&l[i]) }
func (times) IndexType() any                        { return (*boxedTime)(nil) }

type boxedTime time.Time

func (b *boxedTime) TimestamptzValue() (pgtype.Timestamptz, error) {
	return pgtype.Timestamptz{Time: time.Time(*b), Valid: true}, nil
}

type texts []string

func (l texts) Dimensions() []pgtype.ArrayDimension { return dimensions(len(l), l == nil) }
func (l texts) Index(i int) any                     { return (*boxedText)(&l[i]) }
func (texts) IndexType() any                        { return (*boxedText)(nil) }

type boxedText string

func (b *boxedText) TextValue() (pgtype.Text, error) {
	return pgtype.Text{String: string(*b), Valid: true}, nil
}

type places []pgtype.TID

func (l places) Dimensions() []pgtype.ArrayDimension { return dimensions(len(l), l == nil) }
func (l places) Index(i int) any                     { return &l[i] }
func (places) IndexType() any                        { return (*pgtype.TID)(nil) }

type hashes [][]byte

func (l hashes) Dimensions() []pgtype.ArrayDimension { return dimensions(len(l), l == nil) }
func (l hashes) Index(i int) any                     { return (*boxedBytes)(&l[i]) }
func (hashes) IndexType() any                        { return (*boxedBytes)(nil) }

type boxedBytes []byte

func (b *boxedBytes) BytesValue() ([]byte, error) { return *b, nil }

func dimensions(n int, null bool) []pgtype.ArrayDimension {
	if null {
		return nil
	}
	return []pgtype.ArrayDimension{{Length: int32(n), LowerBound: 1}}
}
