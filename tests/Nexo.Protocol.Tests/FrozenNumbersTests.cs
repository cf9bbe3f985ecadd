namespace Nexo.Protocol.Tests;

/// <summary>
/// Numbers on the wire, written down a second time. A line may be added here; none may ever change or go.
/// </summary>
public sealed class FrozenNumbersTests
{
    [Fact]
    public void Opcodes() => AssertFrozen<Opcode>("""
        None=0 Hello=1 Ping=2 GoAway=3 Cancel=4 Credit=5 Stop=6 Info=7
        StoreGet=257 StoreSet=258 StoreDelete=259 StoreExists=260 StoreTtl=261 StoreExpire=262 StoreTake=263
        StoreTouch=264 StoreIncrement=265 StoreAppend=266 StoreLength=267 StoreRange=268
        StoreMultiGet=272 StoreMultiSet=273 StoreMultiDelete=274 StoreScan=280 StoreCount=281 StoreClear=282
        StoreHashSet=288 StoreHashGet=289 StoreHashMultiGet=290 StoreHashDelete=291 StoreHashGetAll=292
        StoreHashIncrement=293 StoreHashLength=294 StoreWatch=304
        AdminSnapshot=1296
        """);

    [Fact]
    public void Error_codes() => AssertFrozen<ErrorCode>("""
        None=0 Malformed=100 BadMagic=101 UnsupportedVersion=102 HelloExpected=103 HelloRepeated=104 HelloTimeout=105
        FrameTooLarge=106 UnknownOpcode=107 UnexpectedKind=108 CorrelationInUse=109 UnsupportedDurability=110
        AuthenticationRequired=200 AuthenticationFailed=201 AuthenticationThrottled=202
        TooManyConnections=300 TooManyInFlight=301 IdleTimeout=302 SlowConsumer=303 OutOfMemory=304 ReplyTooLarge=305
        StorageFull=307
        InvalidArgument=400 KeyInvalid=401 ValueTooLarge=402 ExpiryOutOfRange=403 WrongType=404 NotAnInteger=405
        Overflow=406 CursorInvalid=407 Internal=500 ShuttingDown=501 Cancelled=502
        StorageFailed=503 Recovering=504
        """);

    [Fact]
    public void Kinds_of_frames() => AssertFrozen<FrameKind>("Request=0 Reply=1 Error=2 Push=3 End=4 Notice=5");

    [Fact]
    public void Flags_of_frames() => AssertFrozen<FrameFlags>("None=0 Headers=1 DurabilityMask=6");

    [Fact]
    public void Durabilities() => AssertFrozen<Durability>("ServerDefault=0 Memory=1 Interval=2 Fsync=3");

    [Fact]
    public void Conditions() => AssertFrozen<ConditionKind>("None=0 IfAbsent=1 IfPresent=2 IfVersion=3 IfValue=4");

    [Fact]
    public void Expiries() => AssertFrozen<ExpiryKind>("None=0 Keep=1 After=2 At=3");

    [Fact]
    public void Outcomes_of_a_delete() => AssertFrozen<DeleteOutcome>("NotFound=0 Deleted=1 ConditionFailed=2");

    [Fact]
    public void States_of_a_ttl() => AssertFrozen<TtlState>("NotFound=0 NoExpiry=1 Expires=2");

    [Fact]
    public void Kinds_of_entries() => AssertFrozen<EntryKind>("Value=0 Hash=1");

    [Fact]
    public void Changes() => AssertFrozen<StoreChange>("Set=1 Deleted=2 Expired=3 Evicted=4 Missed=255");

    [Fact]
    public void Every_enum_on_the_wire_is_frozen_here()
    {
        // What FrameHeader.TryRead answers never leaves the process.
        IEnumerable<string> wire = typeof(Opcode).Assembly.GetExportedTypes()
            .Where(type => type.IsEnum && type != typeof(FrameStatus)).Select(type => type.Name);

        Assert.Equal(
            wire.Order(),
            new[]
            {
                nameof(Opcode), nameof(ErrorCode), nameof(FrameKind), nameof(FrameFlags), nameof(Durability),
                nameof(ConditionKind), nameof(ExpiryKind), nameof(DeleteOutcome),
                nameof(TtlState), nameof(EntryKind), nameof(StoreChange),
            }.Order());
    }

    private static void AssertFrozen<T>(string expected)
        where T : struct, Enum =>
        Assert.Equal(
            expected.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries),
            Enum.GetValues<T>().Select(value => $"{value}={Convert.ToInt64(value)}"));
}
