package crc64

import (
	"hash/crc64"

	"golang.org/x/sys/cpu"
)

// A checksum is the remainder of a text, read as one long polynomial over single bits, by the generator P. The remainder
// stays what it is when some 16 bytes are taken away and what they amount to modulo P is added further back: their value,
// times x to the power of the bits in between. That is one carry-less multiplication for each half of them, by a constant.
// So the text is folded into its last 16 bytes, and only those go through the table. (Gopal et al., "Fast CRC Computation
// for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009.)
//
// In this checksum the lowest bit of a byte comes first, so a number's highest bit stands for x^0. Two such numbers of 64
// bits have a product of 127, whose x^0 is bit 126, not 127: read as 128 bits it is the product times x. Hence one less in
// each power below. The low half of 16 bytes lies in front of the high one, so it has 64 bits more to go.
var (
	forward512 = [2]uint64{power(512 + 64 - 1), power(512 - 1)} // to the same place of the next block
	forward128 = [2]uint64{power(128 + 64 - 1), power(128 - 1)} // to the next 16 bytes
)

// power is x^n modulo P, its highest bit standing for x^0.
func power(n int) uint64 {
	r := uint64(1) << 63
	for range n {
		r = r>>1 ^ crc64.ECMA*(r&1) // times x, less P where that made x^64
	}
	return r
}

var canFold = cpu.X86.HasPCLMULQDQ

// fold reduces p, some blocks, to 16 bytes of the same remainder, where the register was at state before p.
func fold(state uint64, p []byte) (left [16]byte) {
	foldBlocks(state, p, &forward512, &forward128, &left)
	return left
}

// foldBlocks is fold in assembler. p has at least one block, and nothing behind its last.
//
//go:noescape
func foldBlocks(state uint64, p []byte, forward512, forward128 *[2]uint64, left *[16]byte)
