package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/s2"
)

// call is one row: a call's line and what orders it.
type call struct {
	id   string
	time int64 // Unix seconds; 0 where the call tells none
	nth  int   // how many rows came before it: of several states of a call, the later ones have more
	line []byte
}

// compareCalls orders rows as the lake does, by Time, then SessionId, and the states of one call as they came.
func compareCalls(a, b call) int {
	return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.id, b.id), cmp.Compare(a.nth, b.nth))
}

// batch is a sorted run of rows, packed: a quarter of their size or less. Its blocks are unpacked one by one.
type batch struct {
	first, last int64 // times
	packed      []byte
	file        *os.File // has it instead of packed, where packed is nil
	at, size    int64    // in file
}

// batchBlock is about how much of a batch is unpacked at once: a merge has one block of each batch in memory.
const batchBlock = 64 << 10

// packBatch packs rows that are in order. There is one at least.
func packBatch(rows []call) *batch {
	b := &batch{first: rows[0].time, last: rows[len(rows)-1].time}
	var block, out, scratch []byte
	flush := func() {
		scratch = s2.Encode(scratch[:cap(scratch)], block)
		out = append(binary.AppendUvarint(out, uint64(len(scratch))), scratch...)
		block = block[:0]
	}
	for _, c := range rows {
		block = binary.AppendVarint(block, c.time)
		block = binary.AppendUvarint(block, uint64(c.nth))
		block = append(binary.AppendUvarint(block, uint64(len(c.id))), c.id...)
		block = append(binary.AppendUvarint(block, uint64(len(c.line))), c.line...)
		if len(block) >= batchBlock {
			flush()
		}
	}
	if len(block) > 0 {
		flush()
	}
	b.packed, b.size = bytes.Clone(out), int64(len(out))
	return b
}

// moveTo puts a packed batch at the end of file, which has size bytes. Where it cannot, the batch stays in memory.
func (b *batch) moveTo(file *os.File, size int64) (moved bool) {
	if _, err := file.WriteAt(b.packed, size); err != nil {
		return false
	}
	b.file, b.at, b.packed = file, size, nil
	return true
}

// reader begins to read a batch.
func (b *batch) reader() *batchReader {
	var from io.Reader = bytes.NewReader(b.packed)
	if b.packed == nil {
		from = io.NewSectionReader(b.file, b.at, b.size)
	}
	return &batchReader{from: bufio.NewReaderSize(from, 16<<10)}
}

// batchReader gives the rows of a batch in order.
type batchReader struct {
	from   *bufio.Reader
	packed []byte
	block  []byte // what is left of the block that is being read
}

// next gives the next row, or io.EOF. The row stays as it is: each block has memory of its own.
func (r *batchReader) next() (call, error) {
	if len(r.block) == 0 {
		if err := r.unpack(); err != nil {
			return call{}, err
		}
	}
	var c call
	c.time = r.varint()
	c.nth = int(r.uvarint())
	c.id = string(r.bytes())
	c.line = r.bytes()
	return c, nil
}

// unpack reads the next block.
func (r *batchReader) unpack() error {
	n, err := binary.ReadUvarint(r.from)
	if err != nil {
		return err // io.EOF: the batch ends here
	}
	if uint64(cap(r.packed)) < n {
		r.packed = make([]byte, n)
	}
	if _, err := io.ReadFull(r.from, r.packed[:n]); err != nil {
		return fmt.Errorf("read rows back: %w", err)
	}
	if r.block, err = s2.Decode(nil, r.packed[:n]); err != nil {
		return fmt.Errorf("unpack rows: %w", err)
	}
	return nil
}

func (r *batchReader) varint() int64 {
	v, n := binary.Varint(r.block)
	r.block = r.block[n:]
	return v
}

func (r *batchReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.block)
	r.block = r.block[n:]
	return v
}

func (r *batchReader) bytes() []byte {
	n := r.uvarint()
	b := r.block[:n:n]
	r.block = r.block[n:]
	return b
}
