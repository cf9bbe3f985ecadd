using Nexo.Server.Pressure;

namespace Nexo.EndToEnd.Tests.Pressure;

/// <summary>Memory that is as much as a test says.</summary>
internal sealed class MachineMemoryDouble : IMachineMemory
{
    private long _resident = 100_000_000;

    public long Total => 1_000_000_000;

    public long Resident
    {
        get => Interlocked.Read(ref _resident);
        set => Interlocked.Exchange(ref _resident, value);
    }
}

/// <summary>A disk that has as much as a test says.</summary>
internal sealed class MachineDiskDouble : IMachineDisk
{
    private long _free = 1L << 40;

    public long Total => 1L << 40;

    public long Free
    {
        get => Interlocked.Read(ref _free);
        set => Interlocked.Exchange(ref _free, value);
    }

    public long Measure() => 0;
}
