// Package crc64 is the checksum that COS keeps of every object (x-cos-hash-crc64ecma, known as CRC-64/XZ), many times as
// fast as hash/crc64 where the processor multiplies without carries. Every byte of every file passes through it.
//
// It promises the very sums of hash/crc64 with its ECMA table, on every machine. It knows no other polynomial.
package crc64

import "hash/crc64"

var table = crc64.MakeTable(crc64.ECMA)

const (
	block    = 64        // bytes that one step of folding takes in
	smallest = 4 * block // bytes; below, the table is as fast
)

// Checksum is the sum of p.
func Checksum(p []byte) uint64 { return Update(0, p) }

// Update is the sum of everything that sum is the sum of, and p behind it. The sum of nothing is 0.
func Update(sum uint64, p []byte) uint64 {
	if n := len(p) &^ (block - 1); n >= smallest && canFold {
		// The 16 bytes that are left of p[:n] have its remainder, and the state before it with it: their sum begins
		// from a register of zeros, which is the complement of all ones.
		left := fold(^sum, p[:n])
		sum, p = crc64.Update(^uint64(0), table, left[:]), p[n:]
	}
	return crc64.Update(sum, table, p)
}
