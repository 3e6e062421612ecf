#include "textflag.h"

// FORWARD multiplies the 16 bytes in x by the constants in k, low half by low half and high half by high half, and adds
// what lies where they come to. t is overwritten.
#define FORWARD(x, t, k, there) \
	MOVO      x, t       \
	PCLMULQDQ $0x00, k, x \
	PCLMULQDQ $0x11, k, t \
	PXOR      t, x       \
	PXOR      there, x

// func foldBlocks(state uint64, p []byte, forward512, forward128 *[2]uint64, left *[16]byte)
TEXT ·foldBlocks(SB), NOSPLIT, $0-56
	MOVQ  p_base+8(FP), SI
	MOVQ  p_len+16(FP), CX
	MOVQ  forward512+32(FP), AX
	MOVQ  forward128+40(FP), BX
	MOVQ  left+48(FP), DI
	MOVOU (AX), X8
	MOVOU (BX), X9

	// The register's state is added to the first bytes, as if it had come in front of them.
	MOVQ  state+0(FP), X4
	MOVOU 0(SI), X0
	PXOR  X4, X0

	// Four times 16 bytes side by side: no multiplication waits for the one before.
	MOVOU 16(SI), X1
	MOVOU 32(SI), X2
	MOVOU 48(SI), X3
	ADDQ  $64, SI
	SUBQ  $64, CX
	JZ    join

next:
	MOVOU 0(SI), X10
	MOVOU 16(SI), X11
	MOVOU 32(SI), X12
	MOVOU 48(SI), X13
	FORWARD(X0, X4, X8, X10)
	FORWARD(X1, X5, X8, X11)
	FORWARD(X2, X6, X8, X12)
	FORWARD(X3, X7, X8, X13)
	ADDQ  $64, SI
	SUBQ  $64, CX
	JNZ   next

join:
	FORWARD(X0, X4, X9, X1)
	FORWARD(X0, X4, X9, X2)
	FORWARD(X0, X4, X9, X3)
	MOVOU X0, (DI)
	RET
