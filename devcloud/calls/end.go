package calls

// End is how a call ended: EndStatus and EndStatusString.
type End struct {
	Code int
	Name string
}

var (
	ok          = End{1, "ok"}
	forwarded   = End{101, "seatForward"}
	noSeat      = End{105, "noSeatOnline"}
	outOfHours  = End{106, "notWorkTime"}
	failed      = End{0, "error"}
	unconnected = End{2, "unconnected"}
	unknown     = End{201, "unknown"}
)

// phase is how far a call came that nobody took.
type phase int

const (
	inMenu phase = iota
	inQueue
	ringing
)

// lost is an end without a talk.
type lost struct {
	End
	phase  phase
	hungUp string
	weight int
}

// The end states of the document, those of its older editions included, with weights that are plausible and no more.
var (
	lostInbound = []lost{
		{End{102, "ivrGiveUp"}, inMenu, "user", 260},
		{End{103, "waitingGiveUp"}, inQueue, "user", 240},
		{End{104, "ringingGiveUp"}, ringing, "user", 160},
		{noSeat, inQueue, "system", 100},
		{End{107, "ivrEnd"}, inMenu, "system", 90},
		{outOfHours, inMenu, "system", 40},
		{End{17, "seatGiveUp"}, ringing, "system", 40},
		{End{100, "blackList"}, inMenu, "system", 20},
		{End{502, "clientTimeout"}, ringing, "system", 10},
		{End{503, "voipClientError"}, ringing, "system", 10},
		{End{501, "callConflict"}, ringing, "system", 10},
		{failed, inMenu, "system", 10},
		{unknown, inQueue, "", 10},
	}
	lostOutbound = []lost{
		{End{202, "notAnswer"}, ringing, "system", 300},
		{End{203, "userReject"}, ringing, "user", 180},
		{End{206, "busy"}, ringing, "system", 120},
		{End{220, "callerCancelWhileRing"}, ringing, "seat", 60},
		{End{204, "powerOff"}, ringing, "system", 60},
		{End{213, "callReminder"}, ringing, "system", 40},
		{End{209, "callerCancel"}, ringing, "seat", 40},
		{End{221, "callerCancelWithoutRing"}, inMenu, "seat", 30},
		{End{205, "numberNotExist"}, inMenu, "system", 30},
		{End{210, "notInService"}, ringing, "system", 20},
		{End{212, "carrierBlocked"}, inMenu, "system", 20},
		{End{222, "voiceMailReached"}, ringing, "system", 20},
		{End{219, "promptCallForwarding"}, ringing, "system", 15},
		{End{207, "outOfCredit"}, inMenu, "system", 15},
		{End{208, "operatorError"}, inMenu, "system", 15},
		{End{211, "clientError"}, inMenu, "system", 10},
		{End{215, "numberInvalid"}, inMenu, "system", 10},
		{End{216, "callRestricted"}, inMenu, "system", 10},
		{End{217, "calleeRestricted"}, inMenu, "system", 10},
		{End{218, "areaRestricted"}, inMenu, "system", 10},
		{End{108, "restrictedCallee"}, inMenu, "system", 10},
		{End{109, "tooManyRequest"}, inMenu, "system", 10},
		{End{110, "restrictedArea"}, inMenu, "system", 10},
		{End{111, "restrictedTime"}, inMenu, "system", 10},
		{unconnected, inMenu, "", 10},
	}
)
