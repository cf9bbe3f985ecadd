namespace Nexo.Engine.Streams;

/// <summary>Every bound of the groups of streams.</summary>
public sealed record StreamGroupLimits
{
    /// <summary>Groups of one stream.</summary>
    public int GroupsPerStreamMax { get; init; } = 1_000;

    /// <summary>Members of one group.</summary>
    public int MembersPerGroupMax { get; init; } = 10_000;

    /// <summary>Longest name that a member may call itself.</summary>
    public int MemberNameBytesMax { get; init; } = 255;

    /// <summary>
    /// Records of a group that is shared by key which are out, or wait for others of their key, or for their next try. When there are as
    /// many, no more are read until some are done: so a key that is stuck holds up others only then.
    /// </summary>
    public int WindowRecordsMax { get; init; } = 16_384;

    /// <summary>Bytes of these that are kept in memory; the rest is read again when it is needed.</summary>
    public long WindowBytesMax { get; init; } = 8 * 1_024 * 1_024;

    /// <summary>As that, of all groups together: beyond it each keeps only what it has read last.</summary>
    public long WindowsBytesMax { get; init; } = 256L * 1_024 * 1_024;

    /// <summary>Bytes of the records of one delivery, where a member says nothing; one is given however large it is.</summary>
    public int DeliveryBytes { get; init; } = 64 * 1_024;

    /// <summary>Longest reason of a failure.</summary>
    public int ReasonBytesMax { get; init; } = 4_096;

    /// <summary>A record is dead when so many times as many members were lost over it as it may fail.</summary>
    internal int LossesPerFailure { get; init; } = 4;

    /// <summary>Records of one request that are settled under one hold of a lock.</summary>
    internal int HoldRecordsMax { get; init; } = 1_024;

    /// <summary>Records of one delivery.</summary>
    internal int DeliveryRecordsMax { get; init; } = 1_024;

    /// <summary>Numbers of members that one record of the log gives out.</summary>
    internal int NumbersAtOnce { get; init; } = 1_024;
}
