"""Which address of the API leads where."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
