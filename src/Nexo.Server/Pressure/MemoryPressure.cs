using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Nexo.Engine.Memory;
using Nexo.Server.Hosting;
using Nexo.Server.Settings;

namespace Nexo.Server.Pressure;

/// <summary>
/// Holds the process within <c>memory.max</c>: measures what it has, several times a second, and gives those who grow as much as is left
/// (<see cref="Cap"/>). What is let go of, and in which order, is docs/operating.md's to say.
/// </summary>
internal sealed partial class MemoryPressure : ILiveSettings
{
    // Three quarters of the machine's: the others are for its buffers of sockets and files.
    private const int AutomaticThousandths = 750;

    // A collection of everything takes a moment.
    private const long CollectEveryMs = 5_000;
    private const long TrimEveryMs = 2_000;

    // A store that evicts at the warning lives there.
    private const long TrimAtWarningEveryMs = 30_000;

    // A collection that frees next to nothing stops everybody for nothing: the next comes later and later.
    private const long CollectPauseMaxMs = 300_000;
    private const int WorthPart = 20;

    // To add up the parts takes their locks, for a moment each.
    private const uint PartsEveryLooks = 10;

    // With less there is nothing to be gained.
    private const int CollectAtThousandths = 100;

    private readonly IMachineMemory _machine;
    private readonly TimeProvider _time;
    private readonly ILogger<MemoryPressure> _log;
    private long _max;
    private long _used;
    private long _collectedAt;
    private long _collectPauseMs = CollectEveryMs;
    private long _trimmedAt;
    private PressureLevel _level;
    private long _refusals;
    private uint _looks;

    public MemoryPressure(NexoServerOptions options, IMachineMemory machine, TimeProvider time, ILogger<MemoryPressure> log)
    {
        _machine = machine;
        _time = time;
        _log = log;
        _max = MaxOf(options);
        Cap = new MemoryCap(_max);
    }

    /// <summary>What those who grow take from.</summary>
    public MemoryCap Cap { get; }

    /// <summary>What there may be; 0: any.</summary>
    public long Max => Volatile.Read(ref _max);

    /// <summary>What the process had when it was last measured.</summary>
    public long Used => Volatile.Read(ref _used);

    public PressureLevel Level => _level;

    /// <summary>How often the level was raised to refusing.</summary>
    public long Refusals => Volatile.Read(ref _refusals);

    /// <summary>Says in a line how it is; null: well.</summary>
    public string? Note => Level == PressureLevel.Ok ? null
        : $"memory: {SizeText.About(Used)} of {SizeText.About(Max)} (memory.max) are taken; "
        + (Level == PressureLevel.Warning ? "caches and outboxes do not grow any more" : "what grows is refused");

    /// <summary>Measures, and says what may be taken until the next time.</summary>
    /// <param name="accounted">What the parts have taken by their own counting, whether it is in memory or was moved out of it.</param>
    public void Look(Func<MemoryUse> accounted)
    {
        if (Max == 0)
        {
            Volatile.Write(ref _used, _machine.Resident);
            return;
        }

        long used = _machine.Resident;
        PressureLevel before = _level;
        PressureLevel level = PressureLevels.Next(before, used, Max);
        bool isWell = level == PressureLevel.Ok && before == PressureLevel.Ok;
        MemoryUse parts = isWell && _looks++ % PartsEveryLooks != 0 ? default : accounted();
        if (parts.Bytes > used)
        {
            // The system has moved some of it to a swap: it comes back.
            used = parts.Bytes;
            level = PressureLevels.Next(before, used, Max);
        }

        Volatile.Write(ref _used, used);
        _level = level;
        Cap.Set(
            RoomBelow(level == PressureLevel.Refusing ? PressureLevels.RefusingUntil : PressureLevels.RefusingAt, used, parts.IdleBytes),
            RoomBelow(level == PressureLevel.Ok ? PressureLevels.WarningAt : PressureLevels.WarningUntil, used, parts.IdleBytes),
            level >= PressureLevel.Warning,
            level == PressureLevel.Refusing);
        if (level != before)
        {
            Tell(before, level);
        }

        if (level >= PressureLevel.Warning)
        {
            GiveBack(level);
        }
    }

    public void Apply(NexoServerOptions next)
    {
        // Who began without a limit does not ask.
        if (Cap.BytesMax > 0)
        {
            Volatile.Write(ref _max, MaxOf(next));
        }
    }

    public string? Refuse(NexoServerOptions next) =>
        (MaxOf(next) == 0) == (Cap.BytesMax == 0)
            ? null
            : "memory.max: whether there is a limit at all is decided at the start; restart for it";

    private long MaxOf(NexoServerOptions options) => options.Pressure.MemoryMax == PressureOptions.Auto
        ? PressureLevels.Part(_machine.Total, AutomaticThousandths)
        : options.Pressure.MemoryMax;

    // Beyond the line there is still what the parts have and do not use, as long as the process does not grow beyond its limit by it.
    private long RoomBelow(int thousandths, long used, long idle)
    {
        long room = PressureLevels.Part(Max, thousandths) - used;
        return room > 0 ? room : Math.Max(0, Math.Min(idle, Max - used));
    }

    private void GiveBack(PressureLevel level)
    {
        long now = _time.GetTimestamp();
        GCMemoryInfo heap = GC.GetGCMemoryInfo(GCKind.Any);
        if (level == PressureLevel.Refusing
            && heap.TotalCommittedBytes > PressureLevels.Part(Max, CollectAtThousandths)
            && IsTime(ref _collectedAt, now, _collectPauseMs))
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            long freed = heap.TotalCommittedBytes - GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes;
            _collectPauseMs = freed >= heap.TotalCommittedBytes / WorthPart
                ? CollectEveryMs
                : Math.Min(2 * _collectPauseMs, CollectPauseMaxMs);
        }

        if (IsTime(ref _trimmedAt, now, level == PressureLevel.Refusing ? TrimEveryMs : TrimAtWarningEveryMs))
        {
            SystemHeap.Trim();
        }
    }

    private bool IsTime(ref long last, long now, long everyMs)
    {
        if (last != 0 && _time.GetElapsedTime(last, now).TotalMilliseconds < everyMs)
        {
            return false;
        }

        last = now;
        return true;
    }

    private void Tell(PressureLevel before, PressureLevel level)
    {
        string used = SizeText.About(Used);
        string max = SizeText.About(Max);
        switch (level)
        {
            case PressureLevel.Refusing:
                Interlocked.Increment(ref _refusals);
                LogRefusing(used, max);
                break;
            case PressureLevel.Warning when before == PressureLevel.Refusing:
                LogNotRefusing(used, max);
                break;
            case PressureLevel.Warning:
                LogWarning(used, max);
                break;
            default:
                LogOk(used, max);
                break;
        }
    }

    [LoggerMessage(1, LogLevel.Warning,
        "memory is nearly used up: {Used} of {Max} (memory.max); caches and outboxes do not grow any more")]
    private partial void LogWarning(string used, string max);

    [LoggerMessage(2, LogLevel.Error,
        "memory is used up: {Used} of {Max} (memory.max); new clients and what grows are refused, reads, deletes and acks go on")]
    private partial void LogRefusing(string used, string max);

    [LoggerMessage(3, LogLevel.Warning, "memory has room again: {Used} of {Max} (memory.max); nothing is refused any more")]
    private partial void LogNotRefusing(string used, string max);

    [LoggerMessage(4, LogLevel.Information, "memory is well again: {Used} of {Max} (memory.max)")]
    private partial void LogOk(string used, string max);
}

/// <summary>The heap of the C library, from which large values are.</summary>
internal static partial class SystemHeap
{
    private static bool _isMissing;

    /// <summary>Gives back what lies unused in it.</summary>
    public static void Trim()
    {
        if (_isMissing || !OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = MallocTrim(0);
        }
        catch (Exception failure) when (failure is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library, which gives it back by itself or never.
            _isMissing = true;
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MallocTrim(nuint pad);
}
