namespace Nexo.Server;

/// <summary>What the process may take of the machine.</summary>
public sealed record PressureOptions
{
    /// <summary>What is right for this machine is found out at the start.</summary>
    public const long Auto = -1;

    /// <summary>Memory of the process; 0: no limit; <see cref="Auto"/>: three quarters of what there is.</summary>
    public long MemoryMax { get; init; } = Auto;

    /// <summary>What the data directory may take; 0: no limit.</summary>
    public long DiskMax { get; init; }

    /// <summary>
    /// What is to stay free on its disk; 0: nothing; <see cref="Auto"/>: a twentieth of the disk, and no more than a gigabyte.
    /// </summary>
    public long DiskFreeMin { get; init; } = Auto;
}
