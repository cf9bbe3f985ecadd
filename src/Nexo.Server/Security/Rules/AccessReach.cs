namespace Nexo.Server.Security;

/// <summary>How much a request wants to touch.</summary>
internal enum AccessReach
{
    /// <summary>One name.</summary>
    Name,

    /// <summary>All that begins so.</summary>
    Prefix,

    /// <summary>All topics that a filter matches.</summary>
    Filter,

    /// <summary>Something that is not there, so that its name is not known.</summary>
    Any,
}
