using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>Why a start fails because of the data directory, in one line with what to do.</summary>
internal static class StartFailures
{
    /// <summary>Null: this is none of them.</summary>
    public static string? Explain(Exception failure, string directory) => failure switch
    {
        DataDirectoryException { Fault: DataDirectoryFault.Held } held =>
            $"{held.Message}; end that server, or choose another directory with --data",
        DataDirectoryException refused => refused.Message,
        WalDamageException damage =>
            $"the data directory {directory} is damaged: {damage.Message}. Nothing was changed; nexo doctor {directory} "
            + "says what is lost, and can repair it",
        InvalidDataException unreadable =>
            $"the data directory {directory} is damaged, or written by something else: {unreadable.Message} Nothing was "
            + $"changed; nexo doctor {directory} says more",
        WalException full => $"the data directory {directory} cannot be written: {full.Message}",
        DiskException { Error: DiskError.Full } full =>
            $"the disk of the data directory {directory} is full; make room and start again ({full.Message})",
        DiskException disk => $"the data directory {directory} cannot be used: {disk.Message}",
        _ => null,
    };
}
