namespace Nexo.Server.Http.Api;

/// <summary>All routes of the API.</summary>
internal static class ApiRoutes
{
    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        .. StoreRoutes.All, .. QueueRoutes.All, .. TopicRoutes.All, .. StreamRoutes.All, .. TailRoutes.All, .. AdminRoutes.All,
    ];
}
