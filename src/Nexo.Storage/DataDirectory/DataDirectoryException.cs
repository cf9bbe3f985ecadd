namespace Nexo.Storage;

/// <summary>Why a data directory cannot be had.</summary>
public enum DataDirectoryFault
{
    /// <summary>There is none, and none was to be made.</summary>
    Missing,

    /// <summary>Another process has it.</summary>
    Held,

    /// <summary>It was written by a later version of the program.</summary>
    Newer,

    /// <summary>It holds other files, and no sign that it is one.</summary>
    Foreign,

    /// <summary>It is one, but its sign or a part of it is damaged or missing.</summary>
    Damaged,

    /// <summary>The disk refuses: no right, no room, a failure.</summary>
    Unusable,
}

/// <summary>A data directory cannot be had; the message is for the operator and names the directory.</summary>
public sealed class DataDirectoryException : IOException
{
    public DataDirectoryException(
        DataDirectoryFault fault, string message, int? holderPid = null, Exception? cause = null)
        : base(message, cause)
    {
        Fault = fault;
        HolderPid = holderPid;
    }

    public DataDirectoryFault Fault { get; }

    /// <summary>The process that has it, if it is held and the lock file tells.</summary>
    public int? HolderPid { get; }
}
