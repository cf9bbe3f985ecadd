using Nexo.Engine.Schedules;

namespace Nexo.Server;

/// <summary>Backups that the server makes by itself.</summary>
public sealed record BackupOptions
{
    /// <summary>When; null: none is made.</summary>
    public Timetable? Schedule { get; init; }

    /// <summary>The directory that they are written to; null: none.</summary>
    public string? Directory { get; init; }

    /// <summary>How many are kept, of each namespace; the oldest go.</summary>
    public int Keep { get; init; } = 7;

    /// <summary>Whether each is opened, once it is written, to prove that it can be restored.</summary>
    public bool Drill { get; init; }

    /// <summary>Where drills are held; null: in the directory.</summary>
    internal string? Scratch { get; init; }

    /// <summary>How long after a failure the first new try comes; each further one comes after twice as long.</summary>
    internal TimeSpan RetryAfter { get; init; } = TimeSpan.FromMinutes(1);
}
