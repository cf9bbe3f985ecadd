using Microsoft.Extensions.Logging;
using Nexo.Server.Hosting;
using Nexo.Server.Settings;

namespace Nexo.Server.Pressure;

/// <summary>What a disk has, and what a directory on it takes.</summary>
internal interface IMachineDisk
{
    long Total { get; }

    long Free { get; }

    /// <summary>Adds up all files. Takes a while.</summary>
    long Measure();
}

/// <summary>A directory of this machine.</summary>
internal sealed class MachineDisk(string directory) : IMachineDisk
{
    public long Total => Ask(static drive => drive.TotalSize, 0);

    public long Free => Ask(static drive => drive.AvailableFreeSpace, long.MaxValue);

    public long Measure()
    {
        long bytes = 0;
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        try
        {
            foreach (FileInfo file in new DirectoryInfo(directory).EnumerateFiles("*", options))
            {
                bytes += LengthOf(file);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Not made yet, or a part of it was just let go of: the next time counts.
        }

        return bytes;
    }

    private static long LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (IOException)
        {
            // Gone meanwhile.
            return 0;
        }
    }

    private long Ask(Func<DriveInfo, long> read, long otherwise)
    {
        try
        {
            return read(new DriveInfo(Path.GetFullPath(directory)));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return otherwise;
        }
    }
}

/// <summary>
/// Holds the data directory within <c>disk.max</c>, and keeps <c>disk.free-min</c> free: says when what is to be kept has to be refused.
/// Files are added up now and then; in between, what has gone from the disk since counts as the directory's.
/// </summary>
internal sealed partial class DiskPressure : ILiveSettings
{
    // With less than twice of what has to stay free there is a warning.
    private const int WarningTimes = 2;
    private const int FreePart = 20;
    private const long FreeMinMost = 1L << 30;
    private static readonly TimeSpan MeasureEvery = TimeSpan.FromSeconds(1);

    // Of the time, at most so much goes into adding up.
    private const int MeasureShare = 50;

    private readonly IMachineDisk? _disk;
    private readonly TimeProvider _time;
    private readonly ILogger<DiskPressure> _log;
    private long _max;
    private long _freeMin;
    private long _freeMinWanted;
    private long _measured;
    private long _freeThen;
    private long _measuredAt;
    private TimeSpan _wait;
    private long _used;
    private long _free = long.MaxValue;
    private bool _isMeasured;
    private int _isMeasuring;
    private PressureLevel _sizeLevel;
    private PressureLevel _freeLevel;

    /// <param name="options">The settings.</param>
    /// <param name="disk">Null: nothing is kept on any.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Is told of each change.</param>
    public DiskPressure(NexoServerOptions options, IMachineDisk? disk, TimeProvider time, ILogger<DiskPressure> log)
    {
        _disk = disk;
        _time = time;
        _log = log;
        Apply(options);
    }

    /// <summary>What the directory may take; 0: any.</summary>
    public long Max => Volatile.Read(ref _max);

    /// <summary>What is to stay free.</summary>
    public long FreeMin => Volatile.Read(ref _freeMin);

    /// <summary>What the directory takes, as far as it is known; 0 without <see cref="Max"/>.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>What is free on its disk.</summary>
    public long Free => Volatile.Read(ref _free);

    /// <summary>What may be written until the next look, so that nobody outruns it.</summary>
    public long Room => Math.Max(1, Math.Min(
        Max == 0 ? long.MaxValue : PressureLevels.Part(Max, PressureLevels.RefusingAt) - Used,
        FreeMin == 0 || Free == long.MaxValue ? long.MaxValue : Free - FreeMin));

    public PressureLevel Level { get; private set; }

    /// <summary>Files are being added up.</summary>
    internal bool IsMeasuring => Volatile.Read(ref _isMeasuring) != 0;

    /// <summary>Says in a line how it is; null: well.</summary>
    public string? Note => Level == PressureLevel.Ok ? null : $"disk: {Taken}; " + (Level == PressureLevel.Warning
        ? "soon what is to be kept is refused"
        : "what is to be kept is refused");

    private string Taken => _sizeLevel >= _freeLevel
        ? $"{SizeText.About(Used)} of {SizeText.About(Max)} (disk.max) are taken"
        : $"{SizeText.About(Free)} are free, {SizeText.About(FreeMin)} have to be (disk.free-min)";

    /// <summary>Looks at the disk.</summary>
    public void Look()
    {
        WorkOutFreeMin();
        if (_disk is null || (Max == 0 && FreeMin == 0))
        {
            Level = PressureLevel.Ok;
            return;
        }

        long free = _disk.Free;
        Volatile.Write(ref _free, free);
        if (Max > 0)
        {
            MeasureIfDue();
            long since = Math.Max(0, Volatile.Read(ref _freeThen) - free);
            Volatile.Write(ref _used, Volatile.Read(ref _measured) + since);
        }

        _sizeLevel = PressureLevels.Next(_sizeLevel, Used, Max);
        _freeLevel = FreeLevel(_freeLevel, free);
        var level = (PressureLevel)Math.Max((int)_sizeLevel, (int)_freeLevel);
        PressureLevel before = Level;
        Level = level;
        if (level != before)
        {
            Tell(level);
        }
    }

    public void Apply(NexoServerOptions next)
    {
        Volatile.Write(ref _max, next.Pressure.DiskMax);
        Volatile.Write(ref _freeMinWanted, next.Pressure.DiskFreeMin);
        Volatile.Write(ref _freeMin, Math.Max(0, next.Pressure.DiskFreeMin));
        WorkOutFreeMin();
    }

    // Of a directory that is not made yet nobody knows how large its disk is.
    private void WorkOutFreeMin()
    {
        if (FreeMin == 0 && Volatile.Read(ref _freeMinWanted) == PressureOptions.Auto && _disk is { } disk)
        {
            Volatile.Write(ref _freeMin, Math.Min(disk.Total / FreePart, FreeMinMost));
        }
    }

    // A little more than where it began must be free before it ends.
    private PressureLevel FreeLevel(PressureLevel before, long free)
    {
        long min = FreeMin;
        long more = min / 10;
        return min == 0 ? PressureLevel.Ok
            : free < min + (before == PressureLevel.Refusing ? more : 0) ? PressureLevel.Refusing
            : free < (WarningTimes * min) + (before != PressureLevel.Ok ? more : 0) ? PressureLevel.Warning
            : PressureLevel.Ok;
    }

    // The first time at once: nothing is known before.
    private void MeasureIfDue()
    {
        if (!_isMeasured)
        {
            Measure();
        }
        else if (_time.GetElapsedTime(_measuredAt) >= _wait && Interlocked.Exchange(ref _isMeasuring, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static self =>
                {
                    self.Measure();
                    Volatile.Write(ref self._isMeasuring, 0);
                },
                this,
                preferLocal: false);
        }
    }

    private void Measure()
    {
        long began = _time.GetTimestamp();
        long free = _disk!.Free;
        Volatile.Write(ref _measured, _disk.Measure());
        Volatile.Write(ref _freeThen, free);
        TimeSpan share = _time.GetElapsedTime(began) * MeasureShare;
        _wait = share > MeasureEvery ? share : MeasureEvery;
        _measuredAt = _time.GetTimestamp();
        _isMeasured = true;
    }

    private void Tell(PressureLevel level)
    {
        switch (level)
        {
            case PressureLevel.Refusing:
                LogRefusing(Taken);
                break;
            case PressureLevel.Warning:
                LogWarning(Taken);
                break;
            default:
                LogOk(SizeText.About(Used), SizeText.About(Free));
                break;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "the disk is nearly used up: {Taken}")]
    private partial void LogWarning(string taken);

    [LoggerMessage(2, LogLevel.Error,
        "the disk is used up: {Taken}; what is to be kept is refused as on a full disk, deletes and acks go on")]
    private partial void LogRefusing(string taken);

    [LoggerMessage(3, LogLevel.Information, "the disk has room again: {Used} taken, {Free} free")]
    private partial void LogOk(string used, string free);
}
