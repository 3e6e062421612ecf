package archive_test

import "testing"

// What is promised holds for windows in several objects as well.
func TestInParts(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"faults":               TestFaults,
		"faults, late call":    TestFaults_LateCall,
		"faults are errors":    TestFaults_AreErrors,
		"killed":               TestKilled,
		"interleaved":          TestInterleave,
		"four at once":         TestInterleave_FourAtOnce,
		"withdrawn":            TestShrink_WithdrawnCall,
		"all withdrawn":        TestShrink_AllWithdrawn,
		"blanked fields":       TestShrink_BlankedFields,
		"real changes":         TestShrink_RealChangesAreTaken,
		"vanished link":        TestShrink_LinkVanished,
		"gone at the source":   TestShrink_GoneAtTheSource,
		"rows of a killed run": TestShrink_RowsOfAKilledRunStay,
		"blanked time":         TestShrink_TimeBlanked,
		"foreign rows":         TestShrink_ForeignRows,
		"force":                TestForce_Mends,
		"nothing to mend":      TestForce_NothingToMend,
		"withdrawn, force":     TestForce_IndexOfAWithdrawnCall,
		"beyond mending":       TestForce_WhatCannotBeMended,
		"verify":               TestVerify,
		"repair":               TestVerify_Repair,
	} {
		t.Run(name+" in parts", test)
	}
}
