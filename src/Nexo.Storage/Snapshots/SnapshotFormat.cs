namespace Nexo.Storage;

/// <summary>Sizes and magics of snapshots; docs/storage-format.md has the layouts.</summary>
internal static class SnapshotFormat
{
    public const uint Version = 1;
    public const int HeaderBytes = 64;
    public const int BlockHeaderBytes = 32;
    public const int FooterBytes = 64;

    /// <summary>A record's length and kind.</summary>
    public const int RecordHeaderBytes = sizeof(uint) + sizeof(byte);

    /// <summary>A block is closed when it holds so much.</summary>
    public const int BlockBytes = 256 * 1_024;

    public const string Directory = "snapshots";
    public const string Extension = ".snapshot";
    public const string UnfinishedExtension = ".tmp";

    /// <summary>Four ASCII bytes: "NXSH".</summary>
    public const uint HeaderMagic = 'N' | ('X' << 8) | ('S' << 16) | ('H' << 24);

    /// <summary>"NXSB".</summary>
    public const uint BlockMagic = 'N' | ('X' << 8) | ('S' << 16) | ('B' << 24);

    /// <summary>"NXSF".</summary>
    public const uint FooterMagic = 'N' | ('X' << 8) | ('S' << 16) | ('F' << 24);

    /// <summary>The bytes that no checksum covers: the magic and the checksum itself.</summary>
    public const int UncheckedBytes = 2 * sizeof(uint);

    public static string PathOf(Lsn position) => $"{Directory}/{position.Value:x16}{Extension}";
}
